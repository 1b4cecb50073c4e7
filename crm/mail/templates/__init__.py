"""Templates of e-mails: their language, their variables, their pages and the texts that ship."""
