"""The pages of influencers, campaigns and imports."""
