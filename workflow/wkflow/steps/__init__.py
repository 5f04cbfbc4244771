"""One function per rule: plan and wildcards in, receipt out. The only place where all meet."""
