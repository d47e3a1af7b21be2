"""Records what validators did in each epoch, from the beacon API."""
