"""The dashboard: a Streamlit application that reads run folders, leaves requests and starts verbs. No torch, no Ray."""
