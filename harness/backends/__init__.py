"""Engines that run models: one file and one class each."""
