"""The embedded Label Studio: its secrets, its process, and where a workspace finds it."""
