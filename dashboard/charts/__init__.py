"""ECharts options (https://echarts.apache.org/en/option.html), made from plain data."""
