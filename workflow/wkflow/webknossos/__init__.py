"""The server: its client, upload plans, receipts and reports."""
