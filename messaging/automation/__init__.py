"""Templates that go out by themselves: to whoever enters a stage, and on dates."""
