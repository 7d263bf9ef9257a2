//! The control plane: runs the load generator from an API, keeps configurations, shows logs and figures.
