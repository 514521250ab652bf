"""Demo data: a program that looks as one does after some weeks. Everything in it is made up."""
