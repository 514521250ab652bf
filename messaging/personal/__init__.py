"""All that is held about one person: to hand it out, and to erase it."""
