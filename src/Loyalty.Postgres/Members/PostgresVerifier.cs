using Loyalty.Postgres.Sessions;
using Loyalty.Storage.Members;
using Loyalty.Tiers;
using Npgsql;

namespace Loyalty.Postgres.Members;

/// <summary>
/// Recomputes what is stored about members from all activity and adjustments, which come sorted from cursors; memory stays bounded.
/// </summary>
internal sealed class PostgresVerifier
{
    private readonly TenantReader _reader;
    private readonly TenantState _state;
    private readonly MemberChangeReader _records;
    private readonly MemberVerifier _verifier;
    private readonly List<VerificationDifference> _strays = [];
    private readonly DailySums _days = new();
    private readonly MemberHistory _history = new();
    private long _activities;

    private PostgresVerifier(TenantTransaction transaction, TenantState state, StoreLimits limits)
    {
        _reader = new TenantReader(transaction, limits);
        _state = state;
        _records = new MemberChangeReader(transaction, "loyalty_records", limits);
        _verifier = new MemberVerifier(state.Program, state.AsOf);
    }

    public static async ValueTask<Verification?> VerifyAsync(
        TenantTransaction transaction, TenantState state, StoreLimits limits, CancellationToken cancellationToken)
    {
        await transaction.ExecuteLocalAsync(OpenRecords(transaction.Tenant), cancellationToken).ConfigureAwait(false);
        return await new PostgresVerifier(transaction, state, limits).RunAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<Verification> RunAsync(CancellationToken cancellationToken)
    {
        var next = 0;
        var more = await _records.ReadAsync(cancellationToken).ConfigureAwait(false);
        var last = string.Empty;
        while (true)
        {
            var page = await _reader.MembersAfterAsync(last, _state.Program.Tiers!.Ladder, _state.AsOf, cancellationToken).ConfigureAwait(false);
            if (page.Count == 0)
            {
                break;
            }

            last = page[^1].Handle;
            var decisions = await _reader.DecisionsBetweenAsync(page[0].Handle, last, cancellationToken).ConfigureAwait(false);
            var missions = await _reader.MissionsBetweenAsync(page[0].Handle, last, cancellationToken).ConfigureAwait(false);
            foreach (var member in page)
            {
                _days.Clear();
                while (more)
                {
                    if (next == _records.Members.Count)
                    {
                        more = await _records.ReadAsync(cancellationToken).ConfigureAwait(false);
                        next = 0;
                        continue;
                    }

                    var order = CompareBytes(_records.Members[next].Handle, member.Handle);
                    if (order > 0)
                    {
                        break;
                    }

                    if (order < 0)
                    {
                        Stray(_records.Members[next++]);
                        continue;
                    }

                    Take(_records.Members[next++]);
                    break;
                }

                _days.Sum();
                _days.CopyTo(_history);
                _verifier.Verify(
                    member.Handle, member.Standing, member.Totals, decisions.GetValueOrDefault(member.Handle, []),
                    missions.GetValueOrDefault(member.Handle, []), _history);
                var kept = decisions.TryGetValue(member.Handle, out var listed) ? listed.Count : 0;
                if (kept != member.Decisions)
                {
                    _strays.Add(new VerificationDifference(
                        member.Handle, "decisions", member.Decisions.ToString(System.Globalization.CultureInfo.InvariantCulture),
                        kept.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                }

                if (!_days.Pack().SequenceEqual(member.History))
                {
                    _strays.Add(new VerificationDifference(
                        member.Handle, "history", Convert.ToHexStringLower(member.History), Convert.ToHexStringLower(_days.Pack())));
                }
            }
        }

        while (more)
        {
            while (next < _records.Members.Count)
            {
                Stray(_records.Members[next++]);
            }

            more = await _records.ReadAsync(cancellationToken).ConfigureAwait(false);
            next = 0;
        }

        var result = _verifier.Result(_activities);
        return _strays.Count == 0
            ? result
            : result with { Differences = [.. result.Differences.Concat(_strays).OrderBy(static d => d.Handle, StringComparer.Ordinal)] };
    }

    private void Take(ChangedMember member)
    {
        for (var i = member.First; i < member.End; i++)
        {
            var record = _records.Changes[i];
            if (record.Kind == 1)
            {
                _activities++;
                _days.Add(record.Day, 1, record.Sales, record.Units, 1, record.Views, record.Likes, record.Comments);
            }
            else
            {
                _days.AddAdjustment(record.Day, 1, 1, record.Sales, record.Units);
            }
        }
    }

    private void Stray(ChangedMember member)
    {
        var count = member.End - member.First;
        _activities += count;
        _strays.Add(new VerificationDifference(
            member.Handle, "member", string.Empty, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count} activities")));
    }

    // DECLARE takes no parameters; the tenant is a number.
    private static string OpenRecords(TenantId tenant) =>
        "DECLARE loyalty_records NO SCROLL CURSOR FOR "
        + $"SELECT handle, 1, day, sales, units::bigint, views, likes, comments FROM loyalty.activity WHERE tenant_id = {tenant} "
        + $"UNION ALL SELECT handle, 2, day, sales, units, 0, 0, 0 FROM loyalty.adjustment WHERE tenant_id = {tenant} ORDER BY 1";

    private static int CompareBytes(string left, string right) =>
        System.Text.Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right));
}
