#ifndef MAIL_H
#define MAIL_H

#include <bugle.h>

/* One mail, as the push has it. Its texts live until the run is over. */
typedef struct {
    bugle_string id;
    bugle_string from;
    bugle_string subject;
    bugle_option_string preview;
} mail;

typedef struct {
    mail *ptr;
    size_t len;
} mail_list;

/* The mails of a push, the oldest first. Not completed if it is no list of mails: the outcome says
 * where it is not JSON, or which mail is not as it should be. */
bugle_outcome mail_parse(bugle_bytes content, mail_list *mails);

/* The mails that come after the one that was announced last; all, if it is not among them. */
mail_list mail_after(mail_list mails, const bugle_string *last);

/* The mail as a toast that a later push of the same mail replaces. */
bugle_toast mail_toast(const mail *mail);

/* The ids as a JSON list, for the app to fetch. */
bugle_bytes mail_ids(mail_list mails);

#endif
