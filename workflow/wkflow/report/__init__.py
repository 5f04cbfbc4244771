"""The page that shows what a run made: report.html in the run folder, one file for people."""
