"""What comes after a sale: returns, complaints, disputes and who decides them."""
