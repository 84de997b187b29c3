/*
 * deploy.h
 *		One call for a release: load, plan, run, say what was done.
 *
 * Owns: the order of these, and the choice between one transaction and commits.
 * Never runs a revision in another way than upgrade() or online_upgrade() would.
 */
#ifndef SV_DEPLOY_H
#define SV_DEPLOY_H

#include "register/register.h"
#include "run/run.h"

typedef struct Deployment
{
	const char *files;			/* a bundle, the path of a folder of the server, or NULL */
	const char *target;			/* of the upgrade */
	LoadOptions load;
	RunOptions	run;
	bool		may_commit;		/* called at top level */
} Deployment;

/* deploy.c */
extern void sv_deploy(const Deployment *deployment);

/* release_notes.c */
typedef struct Release
{
	const Deployment *deployment;
	List	   *loaded;			/* RegisterResult */
	char	   *before;			/* heads of what was applied */
	char	   *after;
	int			nsteps;			/* that were run */
	bool		committed;		/* step by step */
	TimestampTz started_at;
} Release;

extern char *sv_deploy_heads(const RevisionGraph *graph);
extern void sv_deploy_report(const Release *release);

#endif							/* SV_DEPLOY_H */
