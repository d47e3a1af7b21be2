"""The host of processes: what runs containers is to a cluster, on one machine. It holds no credentials but the workers' token."""
