"""The pages of batches: the list, a batch, what can be done with it, notices, and the live pill."""
