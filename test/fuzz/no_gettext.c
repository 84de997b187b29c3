/*
 * no_gettext.c
 *		Messages as they are, for a server that begins with a sanitizer's library.
 *
 * With glibc 2.36 that library leaves the lock of gettext released once too often, and
 * the server waits for it for ever.
 */
#include <stddef.h>

char	   *bindtextdomain(const char *domain, const char *folder);
char	   *bind_textdomain_codeset(const char *domain, const char *codeset);
char	   *textdomain(const char *domain);
char	   *gettext(const char *text);
char	   *dgettext(const char *domain, const char *text);
char	   *dcgettext(const char *domain, const char *text, int category);
char	   *ngettext(const char *one, const char *many, unsigned long n);
char	   *dngettext(const char *domain, const char *one, const char *many, unsigned long n);
char	   *dcngettext(const char *domain, const char *one, const char *many, unsigned long n,
					   int category);

char *
bindtextdomain(const char *domain, const char *folder)
{
	return (char *) folder;
}

char *
bind_textdomain_codeset(const char *domain, const char *codeset)
{
	return (char *) codeset;
}

char *
textdomain(const char *domain)
{
	return (char *) domain;
}

char *
gettext(const char *text)
{
	return (char *) text;
}

char *
dgettext(const char *domain, const char *text)
{
	return (char *) text;
}

char *
dcgettext(const char *domain, const char *text, int category)
{
	return (char *) text;
}

char *
ngettext(const char *one, const char *many, unsigned long n)
{
	return (char *) (n == 1 ? one : many);
}

char *
dngettext(const char *domain, const char *one, const char *many, unsigned long n)
{
	return (char *) (n == 1 ? one : many);
}

char *
dcngettext(const char *domain, const char *one, const char *many, unsigned long n, int category)
{
	return (char *) (n == 1 ? one : many);
}
