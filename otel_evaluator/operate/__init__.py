"""What operators are given: recording and alerting rules, Alertmanager settings, dashboards.

Plain dictionaries made from plain values; nothing here runs in the service.
"""
