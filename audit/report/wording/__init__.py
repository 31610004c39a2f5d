"""Every sentence a report can say, in English, as messages for the catalogues."""
