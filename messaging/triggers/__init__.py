"""Messages that another system sets off: finding the profiles it names, launching, and telling hooks of it."""
