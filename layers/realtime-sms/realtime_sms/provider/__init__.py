"""RealTime: its calls, its replies and what they prove, its reports, and the one HTTP client."""
