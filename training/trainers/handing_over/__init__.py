"""What other trainers take from a run: data, models, rewards and options in their own words."""
