"""What trainers read: records and plain files as token rows, labels and votes; what is refused."""
