"""What somebody sees and changes about themself, whatever the org: `/me`."""
