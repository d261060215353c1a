"""What users ask for, answers claim and tools do."""
