"""What is kept beside the target between applies: journal, record of ownership, backups, lock."""
