"""Django's PostgreSQL with a pool whose connections are looked at for nothing."""
