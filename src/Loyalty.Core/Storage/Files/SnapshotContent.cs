using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Storage.Files;

/// <summary>The part of a snapshot that keeps activity, members and what was decided: what stands where. Version 1.</summary>
internal static class SnapshotContent
{
    private static readonly int LastDay = DateOnly.MaxValue.DayNumber;

    public static void Write(SnapshotWriter writer, InMemoryMemberStore store)
    {
        writer.Text(store.Program!.Json.Span);
        writer.Int(store.AsOf.DayNumber);
        WriteActivities(writer, store.Activities);
        var texts = new SnapshotTexts(writer);
        var members = store.Members;
        writer.Int(members.Count);
        for (var member = 0; member < members.Count; member++)
        {
            writer.Text(store.Handles[member]);
            Write(writer, members.Standing[member]);
            Write(writer, members.Totals[member]);
            writer.Int(members.Due[member]);
            Write(writer, texts, members.DecisionsOf(member));
            Write(writer, texts, members.MissionsOf(member));
        }

        writer.Int(store.Adjustments.Count);
        foreach (var adjustment in store.Adjustments.Values.OrderBy(static a => a.Id, StringComparer.Ordinal))
        {
            writer.Text(adjustment.Id);
            writer.Text(adjustment.Handle);
            writer.Int(adjustment.Date.DayNumber);
            writer.Long(adjustment.Sales);
            writer.Long(adjustment.Units);
            writer.Text(adjustment.Reason);
        }
    }

    public static InMemoryMemberStore Read(SnapshotReader reader)
    {
        var store = new InMemoryMemberStore();
        var program = LoyaltyProgram.Parse(reader.TextBytes());
        if (program.Tiers is null)
        {
            throw new InvalidDataException("the program has no tiers");
        }

        var asOf = DateOnly.FromDayNumber(reader.Below(LastDay + 1));
        var activities = ReadActivities(reader);
        var texts = new SnapshotTexts(reader);
        var (decisions, missions) = (new RowBatch<DecisionRow>(), new RowBatch<MissionRow>());
        var handles = new HandleTable();
        var count = reader.Count(4);
        var members = new MemberTable(count);
        for (var i = 0; i < count; i++)
        {
            if (handles.GetOrAdd(reader.TextBytes()) != i)
            {
                throw new InvalidDataException("a member stands twice");
            }

            members.Add(ReadStanding(reader, program.Tiers.Ladder.Count));
            members.Totals[i] = new MemberTotals(
                ReadTotals(reader), ReadTotals(reader), new(reader.Long(), reader.Long()), new(reader.Long(), reader.Long()));
            members.Due[i] = reader.Int();
            members.Replace(i, ReadDecisions(reader, texts), decisions);
            members.Replace(i, ReadMissions(reader, texts), missions);
            if (i % 1_024 == 1_023)
            {
                members.Keep(decisions);
                members.Keep(missions);
                decisions.Clear();
                missions.Clear();
            }
        }

        members.Keep(decisions);
        members.Keep(missions);

        var adjustments = ReadAdjustments(reader, handles, members);
        for (var row = 0; row < activities.Count; row++)
        {
            ref var activity = ref activities.Rows[row];
            if ((uint)activity.Member >= (uint)count || (uint)activity.Day > (uint)LastDay)
            {
                throw new InvalidDataException("an activity has no member or no date");
            }

            activity.Next = members.FirstActivity[activity.Member];
            members.FirstActivity[activity.Member] = row;
        }

        store.Replace(program, asOf, handles, members, activities, adjustments);
        return store;
    }

    private static void WriteActivities(SnapshotWriter writer, ActivityTable activities)
    {
        writer.Int(activities.Count);
        Span<ActivityRow> block = new ActivityRow[Math.Min(activities.Count, 4_096)];
        for (var start = 0; start < activities.Count; start += block.Length)
        {
            var part = block[..Math.Min(block.Length, activities.Count - start)];
            for (var i = 0; i < part.Length; i++)
            {
                part[i] = activities.Rows[start + i] with { Text = activities.Record(start + i).Length, Next = 0 };
            }

            writer.Column<ActivityRow>(part);
        }

        for (var row = 0; row < activities.Count; row++)
        {
            writer.Bytes(activities.Record(row));
        }
    }

    private static ActivityTable ReadActivities(SnapshotReader reader)
    {
        var count = reader.Count(48);
        return ActivityTable.Restore(reader.Column<ActivityRow>(count), (heap, length) =>
        {
            reader.Bytes(heap.Reserve(length, out var position));
            return position;
        });
    }

    private static void Write(SnapshotWriter writer, in MemberStanding standing)
    {
        writer.Int(standing.JoinedDay);
        writer.Int(standing.Level);
        writer.Int(standing.AchievedDay);
        Write(writer, standing.Window);
        writer.Int(standing.InGrace ? 1 : 0);
        writer.Int(standing.ReviewedThroughDay);
    }

    private static MemberStanding ReadStanding(SnapshotReader reader, int levels) => new(
        reader.Below(LastDay + 1), reader.Below(levels), reader.Below(LastDay + 1), ReadWindow(reader), reader.Below(2) == 1, reader.Int());

    private static void Write(SnapshotWriter writer, in MemberTotals totals)
    {
        Write(writer, totals.Lifetime);
        Write(writer, totals.Window);
        writer.Long(totals.LifetimeAdjustments.Sales);
        writer.Long(totals.LifetimeAdjustments.Units);
        writer.Long(totals.WindowAdjustments.Sales);
        writer.Long(totals.WindowAdjustments.Units);
    }

    private static void Write(SnapshotWriter writer, in ActivityTotals totals)
    {
        for (var metric = Metric.Sales; metric <= Metric.Comments; metric++)
        {
            writer.Long(totals.Of(metric));
        }
    }

    private static ActivityTotals ReadTotals(SnapshotReader reader) =>
        new(reader.Long(), reader.Long(), reader.Long(), reader.Long(), reader.Long(), reader.Long());

    private static void Write(SnapshotWriter writer, Window window)
    {
        writer.Int(window.StartDay);
        writer.Int(window.EndDay);
    }

    private static Window ReadWindow(SnapshotReader reader)
    {
        var start = reader.Below(LastDay + 1);
        var end = reader.Int();
        return end == Window.NoEnd || end <= LastDay ? new Window(start, end) : throw new InvalidDataException("a window ends after the last date");
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, Decision[] decisions)
    {
        writer.Int(decisions.Length);
        foreach (var decision in decisions)
        {
            writer.Int(decision.Date.DayNumber);
            writer.Int((int)decision.Kind);
            texts.Write(decision.LevelBefore);
            texts.Write(decision.LevelAfter);
            writer.Long(decision.ThresholdBefore);
            writer.Long(decision.ThresholdAfter);
            Write(writer, decision.Measured);
            writer.Long(decision.ValueFromActivity);
            writer.Long(decision.ValueFromAdjustments);
            Write(writer, decision.NextWindow);
            writer.Int((int)decision.Metric);
            writer.Int((decision.IsLifetime ? 1 : 0) | (decision.HasLaterData ? 2 : 0));
            texts.Write(decision.ProgramVersion);
        }
    }

    private static Decision[] ReadDecisions(SnapshotReader reader, SnapshotTexts texts)
    {
        var decisions = new Decision[reader.Count(60)];
        for (var i = 0; i < decisions.Length; i++)
        {
            var date = DateOnly.FromDayNumber(reader.Below(LastDay + 1));
            var kind = (DecisionKind)reader.Below((int)DecisionKind.GraceStarted + 1);
            var before = texts.Read();
            var after = texts.Read();
            var thresholdBefore = reader.Long();
            var thresholdAfter = reader.Long();
            var measured = ReadWindow(reader);
            var activity = reader.Long();
            var adjustments = reader.Long();
            var next = ReadWindow(reader);
            var metric = (Metric)reader.Below((int)Metric.Units + 1);
            var flags = reader.Below(4);
            decisions[i] = new Decision(
                date, kind, before, after, thresholdBefore, thresholdAfter, measured, activity, adjustments, next, metric,
                (flags & 1) != 0, texts.Read(), (flags & 2) != 0);
        }

        return decisions;
    }

    private static void Write(SnapshotWriter writer, SnapshotTexts texts, MissionInstance[] missions)
    {
        writer.Int(missions.Length);
        foreach (var mission in missions)
        {
            texts.Write(mission.MissionId);
            writer.Int((int)mission.Metric);
            writer.Long(mission.Target);
            Write(writer, mission.Window);
            writer.Int((int)mission.Status);
            writer.Long(mission.Current);
            writer.Int(mission.CompletedOn?.DayNumber ?? 0);
        }
    }

    private static MissionInstance[] ReadMissions(SnapshotReader reader, SnapshotTexts texts)
    {
        var missions = new MissionInstance[reader.Count(40)];
        for (var i = 0; i < missions.Length; i++)
        {
            var goal = new MissionGoal(texts.Read(), (Metric)reader.Below((int)Metric.Comments + 1), reader.Long());
            missions[i] = new MissionInstance(
                goal, ReadWindow(reader), (MissionStatus)reader.Below((int)MissionStatus.Expired + 1), reader.Long(), reader.Below(LastDay + 1));
        }

        return missions;
    }

    private static Dictionary<string, Adjustment> ReadAdjustments(SnapshotReader reader, HandleTable handles, MemberTable members)
    {
        var count = reader.Count(32);
        var adjustments = new Dictionary<string, Adjustment>(count, StringComparer.Ordinal);
        var byMember = new Dictionary<int, List<Adjustment>>();
        for (var i = 0; i < count; i++)
        {
            var id = reader.Text();
            var handle = reader.TextBytes();
            var member = handles.Find(handle);
            if (member < 0)
            {
                throw new InvalidDataException("an adjustment has no member");
            }

            var adjustment = new Adjustment(
                id, handles.Text(member), DateOnly.FromDayNumber(reader.Below(LastDay + 1)), reader.Long(), reader.Long(), reader.Text());
            adjustments.Add(id, adjustment);
            if (!byMember.TryGetValue(member, out var list))
            {
                byMember.Add(member, list = []);
            }

            list.Add(adjustment);
        }

        foreach (var (member, list) in byMember)
        {
            members.Adjustments[member] = [.. list];
        }

        return adjustments;
    }
}
