"""Tests of what is asked of clusters."""
