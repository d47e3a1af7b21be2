"""The platform worker: listens to queues and reports to the internal plane. Holds no credentials of the state database."""
