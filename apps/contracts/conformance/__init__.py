"""The conformance kit: for each capability an adapter declares, whether it is proven against a shop, and how."""
