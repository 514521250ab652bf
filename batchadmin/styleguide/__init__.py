"""/styleguide/: every component of templates/components/ with its states, for those who build pages."""
