"""What readers share: the contract, file types, whole planes."""
