"""The dashboard: a Streamlit application that reads run folders. No torch, no Ray; it writes nothing."""
