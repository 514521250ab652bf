"""What serves batches: a worker's lease and journal, its slices of work, and the recovery of workers that died."""
