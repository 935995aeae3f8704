"""Reports: sections as data, figures as SVG, one self-contained HTML file."""
