"""Tests of `wkflow batch`, part by part."""
