"""The platform worker: listens to queues, claims tasks and runs their operators in child processes. Holds no credentials of the state database."""
