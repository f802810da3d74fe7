"""The people and groups of django_scim2.py."""
