"""What is owed: statements, invoices, payments, netting, shares."""
