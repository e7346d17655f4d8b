"""What a play is: built in or the user's own, its file, its parameters, its checks."""
