"""What is shown: figures, their looks, reproductions of papers, reports."""
