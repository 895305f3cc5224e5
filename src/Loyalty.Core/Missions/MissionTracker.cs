using System.Runtime.CompilerServices;
using Loyalty.Checkpoints;
using Loyalty.Tiers;

namespace Loyalty.Missions;

/// <summary>Settles a member's mission instances and makes new ones, date by date; the part of a review that is about missions.</summary>
internal sealed class MissionTracker
{
    /// <summary>Up to so many instances, looking through all costs less than keeping a set.</summary>
#if DEBUG
    private const int FewInstances = 2;
#else
    private const int FewInstances = 64;
#endif

    private readonly Mission[] _missions;
    private readonly bool[] _isFor;
    private readonly int _levels;
    private readonly List<MissionInstance> _instances = [];
    private readonly List<Open> _active = [];

    /// <summary>Missions and starts of the windows of all instances, once they are too many to be looked through.</summary>
    private readonly HashSet<(string Mission, int Start)> _windows = [];

    /// <summary>For each mission, how many of its instances are active.</summary>
    private readonly int[] _open;
    private IReadOnlyList<MissionInstance> _before = [];
    private MemberHistory _history = new();
    private bool _changed;

    public MissionTracker(TierLadder ladder, IReadOnlyList<Mission> missions)
    {
        _missions = [.. missions];
        _levels = ladder.Count;
        _open = new int[_missions.Length];
        _isFor = new bool[_missions.Length * _levels];
        for (var i = 0; i < _isFor.Length; i++)
        {
            _isFor[i] = _missions[i / _levels].IsFor(ladder[i % _levels].Name);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Begin(IReadOnlyList<MissionInstance> instances, MemberHistory history)
    {
        _before = instances;
        _history = history;
        _changed = false;
        _instances.Clear();
        _active.Clear();
        _windows.Clear();
        _open.AsSpan().Clear();
        for (var i = 0; i < instances.Count; i++)
        {
            _instances.Add(instances[i]);
            if (instances[i].Status == MissionStatus.Active)
            {
                Watch(i, Array.FindIndex(_missions, m => string.Equals(m.Id, instances[i].MissionId, StringComparison.Ordinal)));
            }
        }
    }

    /// <summary>Settles active instances, then makes new ones and settles them at once.</summary>
    /// <param name="member">The member after the other steps of the review.</param>
    /// <param name="day">The date under review.</param>
    /// <param name="activities">How many activities are dated on it or before.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Review(in MemberStanding member, int day, int activities)
    {
        SettleAll(day, activities);
        for (var m = 0; m < _missions.Length; m++)
        {
            var mission = _missions[m];
            if (_open[m] > 0 || !_isFor[(m * _levels) + member.Level] || WindowOf(mission, member, day) is not { } window
                || HadWindow(mission, window.StartDay))
            {
                continue;
            }

            _changed = true;
            _instances.Add(new MissionInstance(mission.Goal, window, MissionStatus.Active, 0, 0));
            if (_windows.Count > 0)
            {
                _windows.Add((mission.Id, window.StartDay));
            }

            Watch(_instances.Count - 1, m);
            if (Settle(_active[^1], day, activities))
            {
                _open[m]--;
                _active.RemoveAt(_active.Count - 1);
            }
        }
    }

    /// <summary>Settles active instances once more and counts what each has now.</summary>
    /// <returns>All instances; the ones given at the beginning when nothing about them changed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public IReadOnlyList<MissionInstance> End(int day, int activities)
    {
        SettleAll(day, activities);
        for (var i = 0; i < _instances.Count; i++)
        {
            var instance = _instances[i];
            var low = _history.ActivitiesBefore(instance.Window.StartDay);
            var high = instance.Window.EndDay > day ? activities : _history.ActivitiesBefore(instance.Window.EndDay);
            var current = _history.Sum(instance.Metric, low, high);
            if (current != instance.Current)
            {
                _instances[i] = instance.Counted(current);
                _changed = true;
            }
        }

        return _changed ? _instances.ToArray() : _before;
    }

    /// <summary>The next date after <paramref name="day"/> on which the calendar alone can change something about missions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int NextDay(in MemberStanding member, int day)
    {
        var next = int.MaxValue;
        foreach (var open in _active)
        {
            if (open.EndDay > day)
            {
                next = Math.Min(next, open.EndDay);
            }
        }

        for (var m = 0; m < _missions.Length; m++)
        {
            var mission = _missions[m];
            if (!_isFor[(m * _levels) + member.Level])
            {
                continue;
            }

            if (mission.WindowKind == MissionWindowKind.Fixed && mission.Dates.StartDay > day)
            {
                next = Math.Min(next, mission.Dates.StartDay);
            }
            else if (mission.WindowKind == MissionWindowKind.Every && _open[m] == 0)
            {
                next = Math.Min(next, EveryStart(mission, member, day) + mission.Days);
            }
        }

        return next;
    }

    private void Watch(int instance, int mission)
    {
        if (mission >= 0)
        {
            _open[mission]++;
        }

        var window = _instances[instance].Window;
        _active.Add(new Open(instance, mission, window.EndDay, _history.ActivitiesBefore(window.StartDay)));
    }

    private void SettleAll(int day, int activities)
    {
        for (var i = 0; i < _active.Count;)
        {
            if (!Settle(_active[i], day, activities))
            {
                i++;
                continue;
            }

            if (_active[i].Mission >= 0)
            {
                _open[_active[i].Mission]--;
            }

            _active.RemoveAt(i);
        }
    }

    /// <summary>Completes or expires an active instance if it is time; whether it was.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Settle(in Open open, int day, int activities)
    {
        var instance = _instances[open.Instance];
        var high = open.EndDay > day ? activities : _history.ActivitiesBefore(open.EndDay);
        if (_history.Sum(instance.Metric, open.Low, high) >= instance.Target)
        {
            _instances[open.Instance] = instance.Completed(_history.FirstReached(instance.Metric, instance.Target, open.Low, high));
        }
        else if (open.EndDay <= day)
        {
            _instances[open.Instance] = instance.Expired();
        }
        else
        {
            return false;
        }

        _changed = true;
        return true;
    }

    /// <summary>Whether the mission had an instance for the window that starts on this day; a longer window of a grace makes no second one.</summary>
    private bool HadWindow(Mission mission, int windowStart)
    {
        if (_instances.Count > FewInstances)
        {
            if (_windows.Count == 0)
            {
                foreach (var instance in _instances)
                {
                    _windows.Add((instance.MissionId, instance.Window.StartDay));
                }
            }

            return _windows.Contains((mission.Id, windowStart));
        }

        for (var i = _instances.Count - 1; i >= 0; i--)
        {
            var instance = _instances[i];
            if (instance.Window.StartDay == windowStart && string.Equals(instance.MissionId, mission.Id, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The window an instance would have that is made on <paramref name="day"/>, or <see langword="null"/> when none can be made.</summary>
    private static Window? WindowOf(Mission mission, in MemberStanding member, int day)
    {
        switch (mission.WindowKind)
        {
            case MissionWindowKind.Fixed:
                return mission.Dates.Contains(day) ? mission.Dates : null;
            case MissionWindowKind.Every:
                var start = EveryStart(mission, member, day);
                return new Window(start, start > DateOnly.MaxValue.DayNumber - mission.Days ? Window.NoEnd : start + mission.Days);
            default:
                return member.Window;
        }
    }

    private static int EveryStart(Mission mission, in MemberStanding member, int day) => day - ((day - member.AchievedDay) % mission.Days);

    /// <summary>An active instance: where it stands, of which mission it is, when it ends, and how many activities are dated before it.</summary>
    private readonly record struct Open(int Instance, int Mission, int EndDay, int Low);
}
