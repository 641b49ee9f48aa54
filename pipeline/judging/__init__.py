"""What one language's owner knows and decides: duplicates, versions, withdrawals and stories over one log."""
