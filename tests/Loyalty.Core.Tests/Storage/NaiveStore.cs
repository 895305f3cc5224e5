using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>What a run did, by the rule book.</summary>
internal sealed record NaiveOutcome(
    long Inserted, long Updated, long Unchanged, long Superseded, int[] Rejected, int Created, List<(string Handle, Ruling Ruling)> Rulings, int Completed);

/// <summary>The oracle of a store: everything in lists, everything recomputed from all of it on every run.</summary>
internal sealed class NaiveStore
{
    public List<Video> Videos { get; } = [];

    public List<Correction> Corrections { get; } = [];

    public List<Person> Members { get; } = [];

    public NaiveOutcome Run(Rules rules, DateOnly asOf, IReadOnlyList<Video> videos, IReadOnlyList<Correction> corrections)
    {
        long inserted = 0, updated = 0, unchanged = 0, superseded = 0;
        var changed = new List<(string Handle, DateOnly Date)>();
        var known = Members.Count;

        // The last row of a file wins for its key.
        var winners = videos.GroupBy(v => v.Key).Select(g => g.Last()).ToList();
        superseded += videos.Count - winners.Count;
        foreach (var created in winners.GroupBy(v => v.Handle).Where(g => !Members.Exists(m => m.Handle == g.Key)))
        {
            var joined = created.Min(v => v.Date);
            Members.Add(new Person
            {
                Handle = created.Key,
                Joined = joined,
                Level = rules.Levels.MinBy(l => l.Threshold)!.Name,
                Achieved = joined,
                From = joined,
                ReviewedThrough = joined.AddDays(-1),
            });
        }

        foreach (var video in winners)
        {
            var at = Videos.FindIndex(v => v.Key == video.Key);
            if (at < 0)
            {
                inserted++;
                Videos.Add(video);
                changed.Add((video.Handle, video.Date));
            }
            else if (Videos[at] == video)
            {
                unchanged++;
            }
            else
            {
                updated++;
                if (Videos[at] with { Title = video.Title } != video)
                {
                    changed.Add((Videos[at].Handle, Videos[at].Date));
                    changed.Add((video.Handle, video.Date));
                }

                Videos[at] = video;
            }
        }

        var rejected = Enumerable.Range(0, corrections.Count).Where(i => !Members.Exists(m => m.Handle == corrections[i].Handle)).ToArray();
        var taken = corrections.Where((_, i) => !rejected.Contains(i)).ToList();
        var last = taken.GroupBy(c => c.Id).Select(g => g.Last()).ToList();
        superseded += taken.Count - last.Count;
        foreach (var correction in last)
        {
            var at = Corrections.FindIndex(c => c.Id == correction.Id);
            if (at < 0)
            {
                inserted++;
                Corrections.Add(correction);
                changed.Add((correction.Handle, correction.Date));
            }
            else if (Corrections[at] == correction)
            {
                unchanged++;
            }
            else
            {
                updated++;
                if (Corrections[at] with { Reason = correction.Reason } != correction)
                {
                    changed.Add((Corrections[at].Handle, Corrections[at].Date));
                    changed.Add((correction.Handle, correction.Date));
                }

                Corrections[at] = correction;
            }
        }

        // A decision is never rewritten; it is marked when something dated in its window changed.
        foreach (var (handle, date) in changed)
        {
            foreach (var ruling in Members.Single(m => m.Handle == handle).Rulings)
            {
                ruling.LaterData |= date < ruling.Until && (ruling.IsLifetime || date >= ruling.From);
            }
        }

        var rulings = new List<(string, Ruling)>();
        var completed = 0;
        foreach (var member in Members.OrderBy(m => m.Handle, StringComparer.Ordinal))
        {
            var before = member.Rulings.Count;
            var completedBefore = member.Attempts.Count(a => a.Status == "completed");
            ReviewOf(rules, member).Through(asOf);
            member.ReviewedThrough = asOf > member.ReviewedThrough ? asOf : member.ReviewedThrough;
            rulings.AddRange(member.Rulings.Skip(before).Select(r => (member.Handle, r)));
            completed += member.Attempts.Count(a => a.Status == "completed") - completedBefore;
        }

        return new NaiveOutcome(inserted, updated, unchanged, superseded, rejected, Members.Count - known, rulings, completed);
    }

    public NaiveReview ReviewOf(Rules rules, Person member) => new(
        rules, member, [.. Videos.Where(v => v.Handle == member.Handle)], [.. Corrections.Where(c => c.Handle == member.Handle)]);
}
