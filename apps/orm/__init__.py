"""Django expressions that models of several apps use. No tables of its own."""
