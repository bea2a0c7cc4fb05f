"""What the people who run Accord need: health, metrics, logs, outages told plainly, backups.

Nothing here knows what labeling is; figures about it are read from the database by name.
"""
