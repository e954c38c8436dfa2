"""Statbate Plus: the chat history that its web app shows."""
