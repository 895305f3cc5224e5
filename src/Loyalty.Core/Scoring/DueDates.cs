namespace Loyalty.Scoring;

/// <summary>Which customers the calendar moves, and when: a heap of dates, so that taking the due ones costs nothing for all others.</summary>
internal sealed class DueDates
{
    private readonly PriorityQueue<int, int> _queue = new();
    private readonly List<int> _due = [];

    /// <summary>Sets the day on which a customer is due, or <see langword="null"/> for never.</summary>
    public void Set(int customer, DateOnly? day)
    {
        while (_due.Count <= customer)
        {
            _due.Add(-1);
        }

        var number = day?.DayNumber ?? -1;
        if (number >= 0 && number != _due[customer])
        {
            _queue.Enqueue(customer, number);
        }

        _due[customer] = number;
    }

    /// <summary>Takes a customer who is due on or before a day. An entry that was set anew since is dropped on the way.</summary>
    public bool TryTake(DateOnly day, out int customer)
    {
        while (_queue.TryPeek(out customer, out var number) && number <= day.DayNumber)
        {
            _queue.Dequeue();
            if (_due[customer] == number)
            {
                _due[customer] = -1;
                return true;
            }
        }

        return false;
    }
}
