"""What is said to a Label Studio server: connection, projects, tasks, push and pull."""
