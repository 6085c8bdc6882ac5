"""What is kept: records of results, the keys under which they are found, and their files."""
